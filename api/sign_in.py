"""The sign-in page of Django's admin, which lets nobody guess passwords."""

from django.contrib import admin
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import path

from api.access import client_address
from scale.selectors.access import seconds_to_wait
from scale.services.access import note_failed_sign_in


def sign_in(request: HttpRequest) -> HttpResponseBase:
    """Answer the page; after too many failures of the address or of the user name with 429.

    Requests that come at the same moment may each try once more than the limit says.
    """
    if request.method != "POST":
        return admin.site.login(request)
    name = request.POST.get("username", "").casefold()
    subjects = (f"password {client_address(request)}", f"user {name}")
    if wait := seconds_to_wait(*subjects):
        detail = f"Too many failed sign-ins; try again in {wait} seconds."
        return JsonResponse({"detail": detail}, status=429, headers={"Retry-After": str(wait)})
    response = admin.site.login(request)
    if not request.user.is_authenticated:
        note_failed_sign_in(*subjects)
    return response


urlpatterns = [path("login/", sign_in)]
