"""What lists may be sorted by (contract 1.5): the fields their rows show."""

from collections.abc import Iterable


def walk(relation: str, fields: Iterable[str]) -> list[str]:
    """Return the fields of a related object, as `relation__field`."""
    return [f"{relation}__{name}" for name in fields]


STAMPS = ("created", "last_modified")

JOB_TYPE_BASE = (
    "id",
    "name",
    "version",
    "title",
    "description",
    "category",
    "author_name",
    "author_url",
    "is_system",
    "is_long_running",
    "is_active",
    "is_operational",
    "is_paused",
    "icon_code",
)
JOB_TYPE = (
    *JOB_TYPE_BASE,
    *STAMPS,
    "docker_privileged",
    "docker_image",
    "revision_num",
    "priority",
    "max_scheduled",
    "timeout",
    "max_tries",
    "cpus_required",
    "mem_required",
    "disk_out_const_required",
    "disk_out_mult_required",
    "archived",
    "paused",
)
ERROR = ("id", "name", "title", "description", "category", "is_builtin", *STAMPS)
EVENT = ("id", "type", "occurred", "rule", "rule__id")
RECIPE_TYPE = (
    "id",
    "name",
    "version",
    "title",
    "description",
    "is_active",
    "revision_num",
    "archived",
    "trigger_rule",
    *STAMPS,
)
NODE = (
    "id",
    "hostname",
    "port",
    "slave_id",
    "pause_reason",
    "is_paused",
    "is_paused_errors",
    "is_active",
    "archived",
    "last_offer",
    *STAMPS,
)
JOB = (
    "id",
    "status",
    "priority",
    "num_exes",
    "timeout",
    "max_tries",
    "cpus_required",
    "mem_required",
    "disk_in_required",
    "disk_out_required",
    "queued",
    "started",
    "ended",
    "last_status_change",
    *STAMPS,
    "job_type",
    *walk("job_type", JOB_TYPE),
    "job_type_rev",
    "job_type_rev__id",
    "job_type_rev__revision_num",
    "event",
    *walk("event", EVENT),
    "error",
    *walk("error", ERROR),
)
JOB_EXECUTION = (
    "id",
    "status",
    "command_arguments",
    "timeout",
    "queued",
    "started",
    "ended",
    "pre_started",
    "pre_completed",
    "pre_exit_code",
    "job_started",
    "job_completed",
    "job_exit_code",
    "post_started",
    "post_completed",
    "post_exit_code",
    *STAMPS,
    "job",
    *walk("job", JOB),
    "node",
    *walk("node", NODE),
    "error",
    *walk("error", ERROR),
)
FILE = (
    "id",
    "workspace",
    "workspace__id",
    "workspace__name",
    "file_name",
    "media_type",
    "file_size",
    "data_type",
    "is_deleted",
    "uuid",
    "deleted",
    "data_started",
    "data_ended",
    "geometry",
    "center_point",
    "countries",
    *STAMPS,
)
SOURCE = (*FILE, "is_parsed", "parsed")
PRODUCT = (
    *FILE,
    "is_operational",
    "is_published",
    "has_been_published",
    "published",
    "unpublished",
    "job",
    "job__id",
    "job_exe",
    "job_exe__id",
    "job_type",
    *walk("job_type", JOB_TYPE),
)
