"""Request bodies that the schema shows as examples."""

from typing import Any

from drf_spectacular.utils import OpenApiExample


def _sample(name: str, value: dict[str, Any]) -> OpenApiExample:
    return OpenApiExample(name, value=value, request_only=True)


JOB_TYPE = _sample(
    "A program with a file in and out",
    {
        "name": "kml-footprint",
        "version": "1.0.0",
        "title": "KML Footprint",
        "description": "Creates a KML file.",
        "category": "footprint",
        "priority": 2,
        "timeout": 600,
        "max_tries": 1,
        "interface": {
            "version": "1.0",
            "command": "/usr/local/bin/python /app/parser/manage.py create_footprint_kml",
            "command_arguments": "${input_file} ${job_output_dir}",
            "input_data": [
                {
                    "name": "input_file",
                    "type": "file",
                    "required": True,
                    "media_types": ["image/x-hdf5-image"],
                }
            ],
            "output_data": [
                {
                    "name": "output_file",
                    "type": "file",
                    "required": True,
                    "media_type": "application/vnd.google-earth.kml+xml",
                }
            ],
        },
        "error_mapping": {"version": "1.0", "exit_codes": {"1": "bad-input"}},
        "trigger_rule": {
            "type": "PARSE",
            "is_active": True,
            "configuration": {
                "version": "1.0",
                "condition": {"media_type": "image/x-hdf5-image", "data_types": []},
                "data": {"input_data_name": "input_file", "workspace_name": "products"},
            },
        },
    },
)

RECIPE_TYPE = _sample(
    "Two jobs, one after the other",
    {
        "name": "my-recipe",
        "version": "1.0.0",
        "title": "My Recipe",
        "description": "Runs my algorithms.",
        "definition": {
            "version": "1.0",
            "input_data": [{"name": "image", "type": "file", "media_types": ["image/png"]}],
            "jobs": [
                {
                    "name": "detect",
                    "job_type": {"name": "detect", "version": "1.0.0"},
                    "recipe_inputs": [{"recipe_input": "image", "job_input": "image"}],
                },
                {
                    "name": "draw",
                    "job_type": {"name": "draw", "version": "1.0.0"},
                    "dependencies": [
                        {
                            "name": "detect",
                            "connections": [{"output": "places", "input": "places"}],
                        }
                    ],
                },
            ],
        },
    },
)

WORKSPACE = _sample(
    "A directory that all hosts see",
    {
        "name": "raw",
        "title": "Raw Source",
        "description": "Files as they came.",
        "base_url": "http://host/my/path/",
        "json_config": {"version": "1.0", "broker": {"type": "host", "host_path": "/data/raw"}},
    },
)

ERROR = _sample(
    "A fault of the input",
    {
        "name": "bad-input",
        "title": "Bad Input",
        "description": "The input is damaged.",
        "category": "DATA",
    },
)

SOURCE = _sample(
    "A file that lies in the workspace",
    {
        "workspace_id": 1,
        "file_path": "incoming/scene.h5",
        "media_type": "image/x-hdf5-image",
        "data_type": ["archive"],
    },
)
