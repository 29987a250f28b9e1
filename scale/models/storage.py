"""Files and where they live."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from scale.models.base import Stamped
from scale.models.execution import JobExecution
from scale.models.job import Job
from scale.models.job_type import JobType


class Workspace(Stamped):
    """A place where files live (contract 2.9)."""

    name = models.CharField(max_length=50, unique=True)
    title = models.CharField(max_length=50, null=True)
    description = models.CharField(max_length=500, null=True)
    base_url = models.CharField(max_length=500, null=True)
    is_active = models.BooleanField(default=True)
    used_size = models.BigIntegerField(null=True)
    total_size = models.BigIntegerField(null=True)
    json_config = models.JSONField()
    archived = models.DateTimeField(null=True)

    class Meta:
        db_table = "workspace"

    def __str__(self) -> str:
        return self.name


class ScaleFile(Stamped):
    """A file that Scale knows: a source from outside, or a product of an execution (2.10)."""

    class Kind(models.TextChoices):
        """Where the file comes from."""

        SOURCE = "SOURCE"
        PRODUCT = "PRODUCT"

    kind = models.CharField(max_length=7, choices=Kind.choices)
    workspace = models.ForeignKey(Workspace, models.PROTECT)
    file_name = models.CharField(max_length=255)
    #: Path below the workspace's root.
    file_path = models.CharField(max_length=1000)
    media_type = models.CharField(max_length=250)
    file_size = models.BigIntegerField()
    data_type = ArrayField(models.CharField(max_length=250), default=list)
    uuid = models.CharField(max_length=32)
    is_deleted = models.BooleanField(default=False)
    deleted = models.DateTimeField(null=True)

    data_started = models.DateTimeField(null=True)
    data_ended = models.DateTimeField(null=True)
    #: WKT, as is `center_point`.
    geometry = models.TextField(null=True)
    center_point = models.TextField(null=True)
    meta_data = models.JSONField(default=dict)
    countries = ArrayField(models.CharField(max_length=3), default=list)

    # Sources.
    is_parsed = models.BooleanField(default=False)
    parsed = models.DateTimeField(null=True)

    # Products.
    job_type = models.ForeignKey(JobType, models.PROTECT, null=True, db_index=False)
    job = models.ForeignKey(Job, models.PROTECT, null=True, related_name="products")
    job_exe = models.ForeignKey(JobExecution, models.PROTECT, null=True)
    is_operational = models.BooleanField(default=True)
    is_published = models.BooleanField(default=False)
    has_been_published = models.BooleanField(default=False)
    published = models.DateTimeField(null=True)
    unpublished = models.DateTimeField(null=True)

    class Meta:
        db_table = "scale_file"
        indexes = [
            models.Index(fields=["kind", "last_modified", "id"], name="scale_file_last_modified"),
            # What lists of products count and walk.
            models.Index(
                fields=["kind", "last_modified", "id"],
                condition=Q(has_been_published=True),
                name="scale_file_published",
            ),
            models.Index(fields=["kind", "file_name"], name="scale_file_name"),
            models.Index(
                fields=["job_type", "last_modified", "id"],
                condition=Q(job_type__isnull=False),
                name="scale_file_by_type",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["file_name"],
                condition=Q(kind="SOURCE", is_deleted=False),
                name="scale_file_source_name",
            ),
            models.UniqueConstraint(
                fields=["workspace", "file_path"],
                condition=Q(is_deleted=False),
                name="scale_file_path",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind="SOURCE",
                    job_type__isnull=True,
                    job__isnull=True,
                    job_exe__isnull=True,
                )
                | Q(
                    kind="PRODUCT",
                    job_type__isnull=False,
                    job__isnull=False,
                    job_exe__isnull=False,
                ),
                name="scale_file_producer",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def url(self) -> str | None:
        """Return where the file can be fetched, or None if its workspace serves nothing."""
        base = self.workspace.base_url
        return f"{base.rstrip('/')}/{self.file_path}" if base else None


class FileAncestry(models.Model):
    """A product descends from a file, directly or through others."""

    ancestor = models.ForeignKey(ScaleFile, models.CASCADE, related_name="descendant_links")
    descendant = models.ForeignKey(ScaleFile, models.CASCADE, related_name="ancestor_links")

    class Meta:
        db_table = "file_ancestry"
        constraints = [
            models.UniqueConstraint(fields=["descendant", "ancestor"], name="file_ancestry_once"),
        ]

    def __str__(self) -> str:
        return f"{self.ancestor_id} -> {self.descendant_id}"
