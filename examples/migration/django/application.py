"""An application as it was: Django, with sessions in its cache, and that in Redis.

`application.py` serves; `application.py subjects` writes who is to go on as whom, for `--legacy-subjects`.
"""

import json
import os
import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, JsonResponse
from django.urls import path

BACKENDS = {
    "django": "django.core.cache.backends.redis.RedisCache",
    "django-redis": "django_redis.cache.RedisCache",
}

settings.configure(
    ALLOWED_HOSTS=["*"],
    CACHES={"default": {"BACKEND": BACKENDS[os.environ["CACHE"]], "LOCATION": os.environ["REDIS"]}},
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DATABASE"]}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    ROOT_URLCONF=__name__,
    SECRET_KEY="of a test, in a file that everybody can read",
    SESSION_ENGINE="django.contrib.sessions.backends.cache",
)
django.setup()

from django.contrib.auth import get_user_model, login  # noqa: E402

User = get_user_model()


# Whoever asks is whom they say: what the application proved that by is no part of this.
def log_in(request, user):
    login(request, User.objects.get(pk=user))
    return HttpResponse(status=204)


def add(request, item):
    request.session["cart"] = [*request.session.get("cart", []), item]
    return HttpResponse(status=204)


def change_password(request, user, password):
    found = User.objects.get(pk=user)
    found.set_password(password)
    found.save()
    return HttpResponse(status=204)


def show(request):
    return JsonResponse(request.user.pk, safe=False)


urlpatterns = [
    path("login/<int:user>", log_in),
    path("cart/<str:item>", add),
    path("password/<int:user>/<str:password>", change_password),
    path("user", show),
]


# ANCHOR: subjects
def write_subjects():
    json.dump(
        {
            user.pk: {"subject": user.get_username(), "auth_hash": user.get_session_auth_hash()}
            for user in User.objects.filter(is_active=True)
        },
        sys.stdout,
    )
# ANCHOR_END: subjects


def serve():
    from wsgiref.simple_server import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_):
            pass

    server = make_server("127.0.0.1", int(os.environ["PORT"]), get_wsgi_application(), handler_class=Quiet)
    print(f"serving on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if sys.argv[1:] == ["subjects"]:
    write_subjects()
else:
    call_command("migrate", verbosity=0)
    for number, name in [(42, "alice"), (43, "bob")]:
        User.objects.get_or_create(pk=number, defaults={"username": name, "password": "!"})
    serve()
