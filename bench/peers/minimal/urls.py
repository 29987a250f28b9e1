"""The one route, and its view."""

from django.db import transaction
from django.urls import path
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from minimal.models import Job, JobExecution, TriggerEvent


class JobInput(serializers.Serializer):
    """A request for a job."""

    job_type_id = serializers.IntegerField()
    job_data = serializers.JSONField(default=dict)


class QueueNewJob(APIView):
    """Insert an event, a job and its execution in one transaction."""

    def post(self, request):
        """Queue a job."""
        form = JobInput(data=request.data)
        form.is_valid(raise_exception=True)
        type_id, data = form.validated_data["job_type_id"], form.validated_data["job_data"]
        with transaction.atomic():
            event = TriggerEvent.objects.create(type="USER", description={"user": "bench"})
            job = Job.objects.create(
                job_type_id=type_id,
                job_type_rev_id=type_id,
                event=event,
                status="QUEUED",
                data=data,
            )
            execution = JobExecution.objects.create(job=job, status="QUEUED", job_type_id=type_id)
        return Response({"id": job.pk, "job_exe_id": execution.pk}, status=201)


urlpatterns = [path("queue/new-job/", QueueNewJob.as_view())]
