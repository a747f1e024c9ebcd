"""Everything that the API does has a command: each operation of the description is named here with how it is reached."""

import click
import pytest
from litestar import Litestar

from service.cli.commands import main

COMMANDS = {
    "add_annotations": "annotate",
    "adopt_default": "adopt",
    "cancel_evaluation": "evaluations cancel",
    "check_model": "models check",
    "compare_judgings": "evaluations compare-judgings",
    "create_evaluation": "evaluate",
    "delete_evaluation": "evaluations delete",
    "describe_evaluation": "evaluations describe",
    "export_evaluation": "export",
    "follow_evaluation": "evaluations watch",
    "get_agreement": "annotate",
    "get_comparison": "compare",
    "get_evaluation": "evaluations show",
    "get_model": "models show",
    "get_problem": "problems",
    "get_profile": "profiles show",
    "get_prompt_set": "prompts show",
    "get_qualification": "judges show",
    "get_ranking": "evaluations ranking",
    "get_ready": "status",
    "get_recommendation": "recommendation",
    "get_report": "evaluations report",
    "get_rubric": "rubrics show",
    "import_evaluation": "import",
    "judge_again": "evaluations judge-again",
    "list_annotation_tasks": "annotate",
    "list_annotations": "annotate",
    "list_canaries": "evaluations canaries",
    "list_defaults": "defaults",
    "list_endpoints": "endpoints",
    "list_evaluations": "evaluations list",
    "list_items": "evaluations items",
    "list_judgings": "evaluations judgings",
    "list_models": "models list",
    "list_problems": "problems",
    "list_profiles": "profiles list",
    "list_prompt_sets": "prompts list",
    "list_rubrics": "rubrics list",
    "list_verdicts": "evaluations verdicts",
    "pause_evaluation": "evaluations pause",
    "probe_model": "endpoints probe",
    "qualify_judge": "judges qualify",
    "refresh_endpoints": "endpoints",
    "refresh_models": "models",
    "resume_evaluation": "evaluations resume",
    "retry_evaluation": "evaluations retry",
    "validate_models": "validate",
}
FOR_OTHERS = {
    "get_index": "an index of addresses",
    "get_live": "for whoever supervises the process",
    "get_metrics": "for Prometheus",
}


def test_every_operation_has_a_command_or_is_for_others(app: Litestar) -> None:
    described = {
        operation.operation_id
        for item in (app.openapi_schema.paths or {}).values()
        for operation in (item.get, item.post, item.patch, item.delete)
        if operation is not None
    }
    assert described == COMMANDS.keys() | FOR_OTHERS.keys()


@pytest.mark.parametrize("path", sorted(set(COMMANDS.values())))
def test_the_command_is_there(path: str) -> None:
    command: click.Command = main
    for name in path.split():
        assert isinstance(command, click.Group)
        command = command.commands[name]
    assert command.help or command.callback
