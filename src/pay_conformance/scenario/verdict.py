"""How a scenario ended, in every way in which it can, as a pure function of what happened in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pay_conformance.findings import Drift, Finding, Held, Outcome, Skipped, Unmet, Violation
from pay_conformance.problems import Problem, SubjectProblem
from pay_conformance.record.discretion import discreet
from pay_conformance.record.redaction import Redactor
from pay_conformance.report.moves import moves_made
from pay_conformance.scenario.proof import Proof, all_shown
from pay_conformance.scenario.story import Story


def conclude(story: Story, requirements: Iterable[str], raised: BaseException | None) -> Proof:
    """Return what a told story came to; ``raised`` is the exception that ended it, if one did.

    The evidence of the scenario itself counts only if the story was told to its end. The checks of
    its exchanges count always.
    """
    setting = story.setting
    proof = Proof(setting.name)
    proof.count(story.passive)
    for outcome in story.passive:
        if type(outcome) is not Held:  # which nearly all are
            _sort_in(proof, outcome)
    proof.findings.extend(story.findings)
    _end(proof, story, list(requirements), raised)
    # Whoever found it: a check, the scenario, a generated part of its story, or how it ended.
    proof.findings = [_reproducible(found, setting.reproduce) for found in proof.findings]
    proof.state = _state(proof)
    if proof.findings or proof.skipped or proof.drift or proof.error or proof.died:
        _withhold(proof, story)
    proof.moves = moves_made(story.exchanges.values(), setting.contract)
    return proof


def _sort_in(proof: Proof, outcome: Outcome) -> None:
    match outcome:
        case Finding():
            proof.findings.append(outcome)
        case Drift():
            proof.drift.append(outcome)
        case Skipped():
            proof.skipped.append(outcome)


def _withhold(proof: Proof, story: Story) -> None:
    """Take buyers and secrets out of all that is told of the story."""
    redactor = Redactor()
    # All are redacted, so that what is personal in one is known in what is said of another.
    clean = all_shown(story.exchanges.values(), redactor)
    if any(finding.exchange in story.exchanges for finding in proof.findings):
        # A report tells the story up to the finding, not the finding alone.
        proof.exchanges = clean
    outcomes: list[Outcome] = [*proof.findings, *proof.skipped, *proof.drift]
    proof.findings, proof.skipped, proof.drift = [], [], []
    for outcome in outcomes:
        _sort_in(proof, discreet(outcome, redactor))
    proof.error, proof.died = redactor.told(proof.error), redactor.told(proof.died)


def _end(proof: Proof, story: Story, ids: list[str], raised: BaseException | None) -> None:
    """Add what the end of the story says to its proof."""
    match raised:
        case None:
            proof.count(story.evidence)
            missing = sorted(set(ids) - {held.requirement for held in story.evidence})
            if missing:
                proof.error = f"it passed without asserting {', '.join(missing)}"
        case Violation():
            proof.findings.append(raised.finding)
            other = raised.finding.requirement
            why = f"a scenario about it ended at {other}"
            proof.skipped.extend(Skipped(name, why) for name in ids if name != other)
        case Unmet():
            proof.skipped.extend(Skipped(name, f"prerequisite failed: {raised}") for name in ids)
            proof.state = "not tested"
        case SubjectProblem():
            proof.died = str(raised)
        case Problem():
            proof.error = str(raised)
        case _:
            proof.error = f"{type(raised).__name__}: {raised}"


def explain(proof: Proof) -> str:
    """Return why a scenario did not pass, for a person who knows payments."""
    lines = [line for finding in proof.findings for line in _explained(finding)]
    if proof.error:
        lines.append(f"error of ours: {proof.error}")
    if proof.died:
        lines.append(f"the subject is gone: {proof.died}")
    lines.extend(f"{item.requirement} not tested: {item.why}" for item in proof.skipped)
    return "\n".join(lines)


def _explained(finding: Finding) -> Iterable[str]:
    yield f"{finding.requirement}: {finding.message}"
    if finding.pointer:
        yield f"  at        {finding.pointer}"
    if finding.expected is not None:
        yield f"  expected  {finding.expected}"
    yield f"  seen      {finding.actual}"
    yield f"  exchange  {finding.exchange}"
    if finding.reproduce:
        yield f"  again     {finding.reproduce}"


def _state(proof: Proof) -> str:
    if proof.error or proof.died:
        return "error"
    if proof.findings:
        return "failed"
    return proof.state


def _reproducible(finding: Finding, reproduce: str) -> Finding:
    return finding if finding.reproduce else replace(finding, reproduce=reproduce)
