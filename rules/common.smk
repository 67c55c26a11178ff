import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

PROJECT = Path(workflow.basedir)
sys.path[:0] = [str(PROJECT), os.getcwd()]

from ldct.errors import LdctError
from ldct.report.outputs import FIGURES, TABLES
from ldct.study.code import closure, digest
from ldct.study.environment import job_environment, weights_folder
from ldct.study.fingerprint import remember
from ldct.study.jobs import cohort as cohort_jobs
from ldct.study.jobs import export as export_jobs
from ldct.study.jobs import lesions as lesions_jobs
from ldct.study.jobs import metrics as metrics_jobs
from ldct.study.jobs import raw as raw_jobs
from ldct.study.jobs import readers as readers_jobs
from ldct.study.jobs import report as report_jobs
from ldct.study.jobs import training as training_jobs
from ldct.study.lock import Claim
from ldct.study.manifest import missing_input
from ldct.study.plan import Plan, Run

WEIGHTS = weights_folder(PROJECT)
os.environ.update(job_environment(PROJECT))

# Before Snakemake looks at its own lock: the same command goes on after a kill.
CLAIM = Claim(Path(".snakemake")) if workflow.is_main_process else None
remember(Path(".snakemake/ldct/fingerprints.json"), write=workflow.is_main_process)
if CLAIM and CLAIM.other:
    print(
        f"Another run is at work in this folder ({CLAIM.other}): a dry run goes on, a second run is refused. "
        "Wait for it, or use another folder (--directory). Do not use --unlock.",
        file=sys.stderr,
    )


RUN = "{model}/{loss}/fold{fold}/seed{seed}"
SHARD = "fold{fold}/shard{shard}"

try:
    PLAN = Plan.load(config, root=PROJECT, weights_dir=WEIGHTS)
except LdctError as error:
    raise WorkflowError(str(error)) from None

# A folder that is away for now (a drive that is not mounted) must not undo what was made of it.
MISSING = missing_input(PLAN.patients.values()) if workflow.is_main_process else ""
if MISSING:
    print(f"A run would be refused. {MISSING}", file=sys.stderr)


wildcard_constraints:
    patient=r"[^/]+",
    model=r"\w+",
    loss=r"\w+",
    fold=r"\d+",
    seed=r"\d+",
    shard=r"\d+",


def relative(paths):
    """Files of the project as Snakemake shall record them: relative to the working directory, so that a study can be
    moved, and never in the storage of results."""
    return [local(os.path.relpath(path)) for path in paths]


def script(name):
    return local(os.path.relpath(PROJECT / "workflow_scripts" / name))


def code(*modules):
    """The parameter `code`; it changes when a source file of `modules` does."""
    return digest(closure(*modules))


def per_patient(function):
    """`function(PLAN, patient)` as an input or parameter of a rule with that wildcard."""

    def of_wildcards(wildcards):
        return function(PLAN, wildcards.patient)

    return of_wildcards


def per_fold(function):
    """`function(PLAN, fold)` as an input or parameter of a rule with that wildcard."""

    def of_wildcards(wildcards):
        return function(PLAN, int(wildcards.fold))

    return of_wildcards


def per_shard(function):
    """`function(PLAN, fold, shard)` as a parameter of a rule with the wildcards of SHARD."""

    def of_wildcards(wildcards):
        return function(PLAN, int(wildcards.fold), int(wildcards.shard))

    return of_wildcards


def per_run(function):
    """`function(PLAN, run)` as an input or parameter of a rule with the wildcards of RUN."""

    def of_wildcards(wildcards):
        return function(
            PLAN,
            Run(
                wildcards.model,
                wildcards.loss,
                int(wildcards.fold),
                int(wildcards.seed),
            ),
        )

    return of_wildcards


def per_calibration(function):
    """`function(PLAN, run)` for a rule that serves all seeds of a run; the first stands for them."""

    def of_wildcards(wildcards):
        seed = PLAN.study.training.seeds[0]
        return function(
            PLAN, Run(wildcards.model, wildcards.loss, int(wildcards.fold), seed)
        )

    return of_wildcards


def every_run(pattern):
    """`pattern` with {run} filled in by the path of each run."""
    return [pattern.format(run=run.path) for run in PLAN.runs]


def every_shard(pattern):
    """`pattern` with {fold} and {shard} filled in for each share of the judged slices."""
    return expand(pattern, fold=PLAN.roles, shard=range(PLAN.study.evaluation.shards))


def files(function):
    """`function`, whose paths Snakemake shall record relative to the working directory."""

    def relative_files(plan, subject):
        return relative(function(plan, subject))

    return relative_files


def code_of(function):
    """`function`, whose source files become the parameter `code`."""

    def digest_of_files(plan, subject):
        return digest(function(plan, subject))

    return digest_of_files


def raw_of(plan, patient):
    return (
        [f"results/raw/{patient}"] if plan.patients[patient].kind == "synthetic" else []
    )


def patches_of_fold(plan, fold):
    """Patches of the patients that a training of `fold` may see."""
    return [
        f"results/patches/fold{other}.parquet" for other in plan.roles if other != fold
    ]


def patches_of(plan, run):
    return patches_of_fold(plan, run.fold)


def images_of(patients, *doses):
    return [
        f"results/images/{patient}/{dose}.parquet"
        for patient in patients
        for dose in doses
    ]


def patients_of_fold(plan, fold):
    return images_of(plan.roles[fold].test, "full", "low")


def fold_images(plan, fold):
    """The folder with the images of the patients tested in `fold`."""
    return f"results/folds/fold{fold}"


def test_images(plan, run):
    return fold_images(plan, run.fold)


def training_images(plan, fold):
    """The folders that hold, among others, the images of the training patients of `fold`."""
    return [fold_images(plan, other) for other in plan.roles if other != fold]


def series_of_run(plan, run):
    return export_jobs.series_of_fold(plan, run.fold)


def source_spec(wildcards):
    return export_jobs.export_source_spec(PLAN, wildcards.source, int(wildcards.fold))


def lesions_of_fold(plan, fold):
    """Tables of the lesions, and of the images with them, of the patients tested in `fold`."""
    return [
        f"results/lesions/patients/{patient}/{table}.parquet"
        for patient in plan.roles[fold].test
        for table in ("lesions", "full", "low")
    ]


def fold_lesions(plan, fold):
    return f"results/lesions/folds/fold{fold}"


def test_lesions(plan, run):
    return fold_lesions(plan, run.fold)


def regions_of_fold(plan, fold):
    return [
        f"results/lesions/regions/{run.path}.parquet"
        for run in plan.runs
        if run.fold == fold
    ]


EVERY_IMAGE = [fold_images(PLAN, fold) for fold in PLAN.roles]


def scaled(amount):
    """A resource that grows with each attempt."""

    def of_attempt(wildcards, attempt):
        return amount * attempt

    return of_attempt
