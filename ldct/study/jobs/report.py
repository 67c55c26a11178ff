"""Consistency analysis, panels and report: what their jobs read."""

from __future__ import annotations

from ldct.config.canonical import canonical
from ldct.statistics.home import described
from ldct.study.jobs.lesions import has_lesions
from ldct.study.jobs.readers import has_readers
from ldct.study.jobs.training import search_of
from ldct.study.manifest import fingerprint
from ldct.study.plan import Plan


def consistency_spec(plan: Plan) -> str:
    study = plan.study
    return canonical(
        {
            **study.statistics.model_dump(),
            "losses": plan.losses,
            "terms": {
                name: [row for term in study.losses[name].terms for row in described(term.use, term.options)]
                for name in plan.losses
            },
            "models": list(study.models),
            "seeds": study.training.seeds,
            "folds": study.cohort.folds,
        }
    )


def physics_spec(plan: Plan) -> str:
    statistics = plan.study.statistics
    return canonical(
        {
            "losses": plan.losses,
            "models": list(plan.study.models),
            "bootstrap_draws": statistics.bootstrap_draws,
            "confidence": statistics.confidence,
            "seed": statistics.seed,
        }
    )


def panels_spec(plan: Plan) -> str:
    study = plan.study
    return canonical(
        {
            "patients": [{"patient": p.patient, "region": p.region} for p in plan.patients.values()],
            "panel_patients": study.report.panel_patients,
            "panel_windows": study.report.panel_windows,
            "slices_per_patient": study.evaluation.slices_per_patient,
            "losses": plan.losses,
            "models": list(study.models),
        }
    )


def optional_tables(plan: Plan) -> list[str]:
    """Folders of tables of the stages beside the analysis that are configured, see `ldct.report.optional`."""
    configured = {"physics": True, "readers": has_readers(plan), "conspicuity": has_lesions(plan)}
    return [f"results/{stage}" for stage, wanted in configured.items() if wanted]


def search_tables(plan: Plan) -> list[str]:
    """Tables of the learning rates that were tried, where they are searched."""
    return sorted({path for run in plan.runs for path in search_of(plan, run)})


def report_spec(plan: Plan) -> str:
    study = plan.study
    return canonical(
        {
            "title": study.report.title,
            "assumptions": study.report.assumptions,
            "config": study.model_dump(),
            "losses": plan.losses,
            "models": list(study.models),
            "unavailable": plan.unavailable,
        }
    )


def provenance_spec(plan: Plan) -> str:
    """Configuration, and of what each patient was made: its folders' fingerprint, or the seed of a synthetic one."""
    inputs = {
        p.patient: f"seed {p.seed}" if p.kind == "synthetic" else f"files {fingerprint(p)}"
        for p in plan.patients.values()
    }
    return canonical({"config": plan.study.model_dump(), "unavailable": plan.unavailable, "inputs": inputs})
