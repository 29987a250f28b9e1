"""Graphs of job types, and their instances."""

from django.db import models

from scale.models.base import Stamped
from scale.models.job import Job
from scale.models.trigger import TriggerEvent, TriggerRule


class RecipeType(Stamped):
    """A named, versioned graph of job types (contract 2.7)."""

    name = models.CharField(max_length=50)
    version = models.CharField(max_length=50)
    title = models.CharField(max_length=50, null=True)
    description = models.CharField(max_length=500, null=True)
    is_active = models.BooleanField(default=True)
    definition = models.JSONField()
    revision_num = models.IntegerField(default=1)
    trigger_rule = models.ForeignKey(TriggerRule, models.PROTECT, null=True)
    archived = models.DateTimeField(null=True)

    class Meta:
        db_table = "recipe_type"
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="recipe_type_name_version"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class RecipeTypeRevision(models.Model):
    """An immutable snapshot of a recipe type's definition."""

    recipe_type = models.ForeignKey(RecipeType, models.PROTECT, related_name="revisions")
    revision_num = models.IntegerField()
    definition = models.JSONField()
    created = models.DateTimeField()

    class Meta:
        db_table = "recipe_type_revision"
        constraints = [
            models.UniqueConstraint(
                fields=["recipe_type", "revision_num"], name="recipe_type_revision_num"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recipe_type_id} r{self.revision_num}"


class Recipe(Stamped):
    """One instance of a recipe type (contract 2.3.4, 4.10)."""

    recipe_type = models.ForeignKey(RecipeType, models.PROTECT)
    recipe_type_rev = models.ForeignKey(RecipeTypeRevision, models.PROTECT)
    event = models.ForeignKey(TriggerEvent, models.PROTECT)
    #: Recipe data document (contract 3.7).
    data = models.JSONField()
    completed = models.DateTimeField(null=True)
    #: Jobs that have not COMPLETED.
    unfinished = models.IntegerField(default=0)

    class Meta:
        db_table = "recipe"
        indexes = [
            models.Index(fields=["last_modified", "id"], name="recipe_last_modified"),
            models.Index(fields=["recipe_type", "last_modified", "id"], name="recipe_by_type"),
        ]

    def __str__(self) -> str:
        return f"recipe {self.pk}"


class RecipeJob(models.Model):
    """The place of a job in a recipe."""

    recipe = models.ForeignKey(Recipe, models.CASCADE, related_name="recipe_jobs")
    job = models.OneToOneField(Job, models.PROTECT, related_name="recipe_job")
    #: Name in the definition.
    node_name = models.CharField(max_length=255)
    #: Direct parents that have not COMPLETED.
    unmet = models.IntegerField(default=0)

    class Meta:
        db_table = "recipe_job"
        constraints = [
            models.UniqueConstraint(fields=["recipe", "node_name"], name="recipe_job_name"),
            models.CheckConstraint(condition=models.Q(unmet__gte=0), name="recipe_job_unmet"),
        ]

    def __str__(self) -> str:
        return f"{self.node_name} of recipe {self.recipe_id}"


class RecipeEdge(models.Model):
    """A recipe's job waits for another one of it."""

    parent = models.ForeignKey(RecipeJob, models.CASCADE, related_name="child_edges")
    child = models.ForeignKey(RecipeJob, models.CASCADE, related_name="parent_edges")

    class Meta:
        db_table = "recipe_edge"
        constraints = [
            models.UniqueConstraint(fields=["parent", "child"], name="recipe_edge_once"),
        ]

    def __str__(self) -> str:
        return f"{self.parent_id} -> {self.child_id}"
