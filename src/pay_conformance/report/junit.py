"""JUnit XML, in the dialect that CI systems render: one test case for each requirement."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from pay_conformance.findings import Finding, State
from pay_conformance.report.baseline import Excused
from pay_conformance.report.result import RunResult
from pay_conformance.report.terminal import area
from pay_conformance.report.wording import compared, place, severity


def render(outcome: Excused) -> str:
    """Return the report as an XML document.

    A requirement is a test case, its area the class; an excused finding is a skipped case, an error
    of ours an ``error`` element of its own.
    """
    result = outcome.result
    suite = ET.Element("testsuite", _attributes(outcome))
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(result).items():
        ET.SubElement(properties, "property", name=name, value=_clean(value))
    findings: dict[str, list[Finding]] = {}
    for finding in result.findings:
        findings.setdefault(finding.requirement, []).append(finding)
    for verdict in result.verdicts:
        requirement = result.requirements[verdict.requirement]
        case = ET.SubElement(
            suite,
            "testcase",
            classname=area(verdict.requirement),
            name=f"{verdict.requirement} {requirement.says}",
            time="0",
        )
        if verdict.requirement in findings:
            for finding in findings[verdict.requirement]:
                failure = ET.SubElement(
                    case,
                    "failure",
                    type=severity(requirement.level),
                    message=_clean(finding.message),
                )
                failure.text = _clean(_explained(finding))
        elif verdict.state is not State.PASSED:
            excused = "known, excused by the baseline: " if verdict.state is State.FAILED else ""
            ET.SubElement(case, "skipped", message=_clean(excused + verdict.why))
    for error in result.errors:
        case = ET.SubElement(
            suite, "testcase", classname="the suite itself", name=_clean(error.where)
        )
        ET.SubElement(case, "error", message=_clean(error.what))
    for why in filter(None, (result.died, result.cut_short)):
        case = ET.SubElement(suite, "testcase", classname="the suite itself", name="the whole run")
        ET.SubElement(case, "error", message=_clean(why))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _attributes(outcome: Excused) -> dict[str, str]:
    result = outcome.result
    failed = {finding.requirement for finding in result.findings}
    errors = len(result.errors) + bool(result.died) + bool(result.cut_short)
    skipped = len(result.verdicts) - result.count(State.PASSED) - len(failed)
    return {
        "name": _clean(f"amazon-pay-conformance {result.started.subject['name']}"),
        "tests": str(len(result.verdicts) + errors),
        "failures": str(len(failed)),
        "errors": str(errors),
        "skipped": str(skipped),
        "time": f"{result.seconds:.3f}",
        "timestamp": result.started.started,
    }


def _properties(result: RunResult) -> dict[str, str]:
    start = result.started
    named = {f"tool.{key}": str(value) for key, value in start.tool.items()}
    return {
        **named,
        "api": " ".join(start.api),
        "seed": str(start.seed),
        "clock": start.clock,
        "subject": str(start.subject["name"]),
        "started": start.started,
        "notTested": str(result.count(State.NOT_TESTED)),
        "command": start.command,
        "cutShort": result.cut_short,
    }


def _explained(finding: Finding) -> str:
    expected, actual = compared(finding.expected, finding.actual)
    return (
        f"where: {place(finding)} of {finding.exchange or 'the run'}\n"
        f"expected: {expected}\nseen: {actual}\n"
        f"again: {finding.reproduce}"
    )


def _clean(text: str) -> str:
    """Return the text without the characters that XML 1.0 forbids; a subject may have sent any."""
    return "".join(
        character
        if character in "\t\n\r" or (character >= " " and not _forbidden(character))
        else "�"
        for character in text
    )


def _forbidden(character: str) -> bool:
    return "\ud800" <= character <= "\udfff" or character in "\ufffe\uffff"
