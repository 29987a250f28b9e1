"""Every route of the API; a path without its final slash is none (contract 1.1)."""

from django.urls import URLPattern, path, re_path, register_converter

from api.converters import IdConverter
from api.errors import unknown_path
from api.views import (
    errors,
    job_executions,
    job_types,
    jobs,
    nodes,
    products,
    recipe_types,
    recipes,
    schema,
    sources,
    system,
    workspaces,
)
from api.views import queue as queue_views

register_converter(IdConverter, "id")

queue: list[URLPattern] = [
    path("load/", queue_views.LoadList.as_view(), name="load"),
    path("queue/status/", queue_views.QueueStatus.as_view(), name="queue-status"),
    path("queue/new-job/", queue_views.QueueNewJob.as_view(), name="queue-new-job"),
    path("queue/new-recipe/", recipes.QueueNewRecipe.as_view(), name="queue-new-recipe"),
    path("queue/requeue-jobs/", queue_views.RequeueJobs.as_view(), name="queue-requeue-jobs"),
    path("jobs/", jobs.JobList.as_view(), name="jobs"),
    path("jobs/updates/", jobs.JobUpdates.as_view(), name="job-updates"),
    path("jobs/executions/", jobs.JobExecutions.as_view(), name="jobs-executions"),
    path("jobs/<id:job_id>/", jobs.JobDetail.as_view(), name="job"),
    path("job-executions/", job_executions.JobExecutionList.as_view(), name="job-executions"),
    path(
        "job-executions/<id:execution_id>/",
        job_executions.JobExecutionDetail.as_view(),
        name="job-execution",
    ),
    path(
        "job-executions/<id:execution_id>/logs/",
        job_executions.JobExecutionLogs.as_view(),
        name="job-execution-logs",
    ),
    path("recipes/", recipes.RecipeList.as_view(), name="recipes"),
    path("recipes/<id:recipe_id>/", recipes.RecipeDetail.as_view(), name="recipe"),
    path("nodes/", nodes.NodeList.as_view(), name="nodes"),
    path("nodes/status/", nodes.NodeStatusList.as_view(), name="node-status"),
    path("nodes/<id:node_id>/", nodes.NodeDetail.as_view(), name="node"),
    path("status/", system.Status.as_view(), name="status"),
    path("version/", system.Version.as_view(), name="version"),
    path("scheduler/", system.SchedulerSwitch.as_view(), name="scheduler"),
    path("health/", system.Health.as_view(), name="health"),
    path("metrics/", system.Metrics.as_view(), name="metrics"),
]

catalogue: list[URLPattern] = [
    path("job-types/", job_types.JobTypeList.as_view(), name="job-types"),
    path(
        "job-types/validation/",
        job_types.JobTypeValidation.as_view(),
        name="job-type-validation",
    ),
    path("job-types/status/", job_types.JobTypeStatusList.as_view(), name="job-type-status"),
    path("job-types/running/", job_types.JobTypeRunningList.as_view(), name="job-types-running"),
    path(
        "job-types/system-failures/",
        job_types.JobTypeFailureList.as_view(),
        name="job-type-failures",
    ),
    path("job-types/<id:job_type_id>/", job_types.JobTypeDetail.as_view(), name="job-type"),
    path("recipe-types/", recipe_types.RecipeTypeList.as_view(), name="recipe-types"),
    path(
        "recipe-types/validation/",
        recipe_types.RecipeTypeValidation.as_view(),
        name="recipe-type-validation",
    ),
    path(
        "recipe-types/<id:recipe_type_id>/",
        recipe_types.RecipeTypeDetail.as_view(),
        name="recipe-type",
    ),
    path("workspaces/", workspaces.WorkspaceList.as_view(), name="workspaces"),
    path(
        "workspaces/validation/",
        workspaces.WorkspaceValidation.as_view(),
        name="workspace-validation",
    ),
    path("workspaces/<id:workspace_id>/", workspaces.WorkspaceDetail.as_view(), name="workspace"),
    path("sources/", sources.SourceList.as_view(), name="sources"),
    path("sources/updates/", sources.SourceUpdates.as_view(), name="source-updates"),
    path("sources/<str:key>/", sources.SourceDetail.as_view(), name="source"),
    path("products/", products.ProductList.as_view(), name="products"),
    path("products/updates/", products.ProductUpdates.as_view(), name="product-updates"),
    path("products/<str:key>/", products.ProductDetail.as_view(), name="product"),
    path("errors/", errors.ErrorList.as_view(), name="errors"),
    path("errors/<id:error_id>/", errors.ErrorDetail.as_view(), name="error"),
]

urlpatterns = [
    *queue,
    *catalogue,
    path("schema/", schema.SchemaDocument.as_view(), name="schema"),
    path("schema/swagger/", schema.SwaggerPage.as_view(url_name="schema"), name="swagger"),
    path("schema/redoc/", schema.RedocPage.as_view(url_name="schema"), name="redoc"),
    re_path("", unknown_path),
]
