"""What the routes of job types take (contract 2.4)."""

from api.fields import Boolean, Integer, JsonObject, Number, Order, Text, texts
from api.inputs import Input, Range
from api.ordering import JOB_TYPE


class JobTypeListInput(Range):
    """Filters and order of job types."""

    name = texts()
    category = texts()
    order = Order(JOB_TYPE, default=["name", "version"])


class JobTypeEditInput(Input):
    """What may change of a job type."""

    title = Text(required=False, allow_null=True, max_length=50)
    description = Text(required=False, allow_null=True)
    category = Text(required=False, allow_null=True, max_length=50)
    author_name = Text(required=False, allow_null=True, max_length=50)
    author_url = Text(required=False, allow_null=True)
    is_operational = Boolean(required=False)
    is_paused = Boolean(required=False, help_text="Queued jobs of a paused type wait.")
    is_active = Boolean(required=False, help_text="False archives: no new jobs.")
    icon_code = Text(required=False, allow_null=True, max_length=20)
    docker_privileged = Boolean(required=False)
    docker_image = Text(required=False, allow_null=True, max_length=500)
    priority = Integer(required=False, help_text="Lower is more urgent.")
    max_scheduled = Integer(required=False, allow_null=True, least=0)
    timeout = Integer(required=False, least=1, help_text="Seconds.")
    max_tries = Integer(required=False, least=1)
    cpus_required = Number(required=False)
    mem_required = Number(required=False, help_text="MiB.")
    disk_out_const_required = Number(required=False, help_text="MiB.")
    disk_out_mult_required = Number(required=False, help_text="Multiplier of the input's size.")
    interface = JsonObject(required=False, help_text="The interface document; makes a revision.")
    error_mapping = JsonObject(required=False, help_text="The error mapping document.")
    trigger_rule = JsonObject(required=False, allow_null=True, help_text="Null removes the rule.")


class JobTypeCreateInput(JobTypeEditInput):
    """A new job type."""

    closed = True
    ignored = frozenset(
        {
            "is_system",
            "is_long_running",
            "uses_docker",
            "revision_num",
            "created",
            "archived",
            "paused",
            "last_modified",
        }
    )

    name = Text(max_length=50, allow_blank=False)
    version = Text(max_length=50, allow_blank=False)
    interface = JsonObject(help_text="The interface document.")
    trigger_rule = JsonObject(required=False, allow_null=True)
