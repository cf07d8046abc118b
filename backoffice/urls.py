"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.renderers import JSONRenderer

from backoffice import health
from base.api import Codes, Nowhere
from controls.signin import urls as signin
from work import account as work_account

urlpatterns = [
    path("sign-in/", include(signin.signin)),
    path("account/notifications/", include(work_account.urls)),
    path("account/", include(signin.own)),
    path("admin/", admin.site.urls),
    path("api/v1/controls/", include("controls.api")),
    path("api/v1/outbox/", include("outbox.api")),
    path("api/v1/assets/", include("assets.api")),
    path("api/v1/work/", include("work.api")),
    path("api/v1/privacy/", include("privacy.api")),
    path("api/v1/kyc/", include("kyc.api")),
    path("api/v1/problems", Codes.as_view(), name="problems"),
    path("api/v1/openapi.json", SpectacularAPIView.as_view(renderer_classes=[JSONRenderer]), name="openapi"),
    path("docs/api/", SpectacularSwaggerSplitView.as_view(url_name="openapi"), name="api-docs"),
    re_path(r"^api(/|$)", Nowhere.as_view()),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
]
handler400 = "base.problems.bad_request"
handler404 = "base.problems.not_found"
handler500 = "base.problems.server_error"
