"""AWS on this machine: moto, with what its CloudFormation lacks for `deploy/aws/session-server.yaml`.

That is the transform AWS::LanguageExtensions, made by cfn-lint, which is AWS' own; types of resources that moto does
not create, which are kept and say of themselves what a template asks; and two things about types that it does create.
It listens where `moto_server` does.
"""

import io
import json
import tempfile
from urllib.parse import parse_qs, urlencode

import cfnlint.decode
from cfnlint.template import Template
from cfnlint.template.transforms._language_extensions import language_extension
from moto.core.common_models import CloudFormationModel
from moto.ec2.models.elastic_block_store import EBSBackend
from moto.ec2.models.subnets import Subnet
from moto.server import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import run_simple

ADDRESS = ("127.0.0.1", 5000)
REGION = "us-east-1"

# What Fn::GetAtt says of each. moto asks by the first part of a name that has several.
NOT_CREATED = {
    "AWS::ElastiCache::ParameterGroup": {},
    "AWS::ElastiCache::ReplicationGroup": {
        "ConfigurationEndPoint": "configuration.cache.example",
        "PrimaryEndPoint": "primary.cache.example",
    },
    "AWS::ElastiCache::SubnetGroup": {},
    "AWS::ElastiCache::User": {},
    "AWS::ElastiCache::UserGroup": {},
    "AWS::SecretsManager::Secret": {},
}

# GiB of a volume that is made of an image and says no size of its own.
IMAGE_SIZE = 8


def kept(kind, attributes):
    """A model of moto for a type of resource, of which its properties are all there is."""

    class Kept(CloudFormationModel):
        # Of which moto takes the second part to be the service.
        __module__ = f"kept.{kind.split('::')[1].lower()}"

        def __init__(self, name, properties):
            self.physical_resource_id = name
            self.properties = properties
            self.is_created = True

        @staticmethod
        def cloudformation_name_type():
            return ""

        @staticmethod
        def cloudformation_type():
            return kind

        @classmethod
        def has_cfn_attr(cls, attribute):
            return attribute in attributes

        def get_cfn_attribute(self, attribute):
            return attributes[attribute]

        @classmethod
        def create_from_cloudformation_json(cls, resource_name, cloudformation_json, *_arguments, **_more):
            return cls(resource_name, cloudformation_json["Properties"])

    return Kept


def has_also(model, attribute, field):
    """Has Fn::GetAtt of a model find one more attribute."""
    has, get = model.has_cfn_attr, model.get_cfn_attribute
    model.has_cfn_attr = classmethod(lambda cls, asked: asked == attribute or has(asked))
    model.get_cfn_attribute = lambda self, asked: getattr(self, field) if asked == attribute else get(self, asked)


def with_size_of_image(create):
    """EBS takes the size of the image where none is given. moto refuses."""
    return lambda self, *arguments, size=None, **more: create(self, *arguments, size=size or IMAGE_SIZE, **more)


def extended(body):
    """The template with its language extensions carried out."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(body)
        file.flush()
        template, problems = cfnlint.decode.decode(file.name)
    if not problems and template.get("Transform") == "AWS::LanguageExtensions":
        problems, template = language_extension(Template("", template, [REGION]))
        template.pop("Transform", None)
    if problems:
        raise ValueError(f"not a template: {problems}")
    return json.dumps(template)


class Extending:
    """Before moto's application, as a transform comes before all else that AWS does with a template."""

    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        if "x-www-form-urlencoded" in environ.get("CONTENT_TYPE", ""):
            content = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            form = parse_qs(content.decode(), keep_blank_values=True)
            if form.get("Action") == ["CreateChangeSet"]:
                form["TemplateBody"] = [extended(form["TemplateBody"][0])]
                content = urlencode(form, doseq=True).encode()
            environ["wsgi.input"] = io.BytesIO(content)
            environ["CONTENT_LENGTH"] = str(len(content))
        return self.application(environ, start_response)


# moto looks for subclasses, which something has to hold on to.
MODELS = [kept(kind, attributes) for kind, attributes in NOT_CREATED.items()]

if __name__ == "__main__":
    has_also(Subnet, "CidrBlock", "cidr_block")
    EBSBackend.create_volume = with_size_of_image(EBSBackend.create_volume)
    application = Extending(DomainDispatcherApplication(create_backend_app))
    run_simple(*ADDRESS, application, threaded=True, request_handler=MotoRequestHandler)
