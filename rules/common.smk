import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

# Of this file and not of the main Snakefile, which may use this workflow as a module.
PROJECT = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).parent
sys.path[:0] = [str(PROJECT), os.getcwd()]

from ldct.config.load import examine_files, examine_values
from ldct.errors import LdctError
from ldct.files import weights_folder
from ldct.stages.base import REFUSED, texts
from ldct.stages.planning import code_digest, record_code
from ldct.stages.running import command, source_options
from ldct.study.environment import job_environment
from ldct.study.fingerprint import remember
from ldct.study.lock import claim_study
from ldct.study.manifest import missing_input
from ldct.study.plan import Plan

# Of a workflow that uses this one as a module and puts its results into a folder.
PREFIX = workflow.modifier.path_modifier.prefix or ""
WEIGHTS = weights_folder()
# More than any machine runs at once.
SHARES = 1_000_000
os.environ.update(job_environment(PROJECT))

# Before Snakemake looks at its own lock: the same command goes on after a kill.
CLAIM = (
    claim_study(Path(".snakemake"), workflow.output_settings.dryrun)
    if workflow.is_main_process
    else None
)
if CLAIM and CLAIM.held and CLAIM.work:
    # The check of this run speaks for itself.
    Path(PREFIX, "results", REFUSED).unlink(missing_ok=True)
remember(Path(".snakemake/ldct/fingerprints.json"), write=workflow.is_main_process)

try:
    # Files and --config by ldct's rules (config/README.md); a workflow that uses this one as a module gives a dict.
    if config == workflow.config_settings.overwrite_config:
        CONFIGURATION = examine_files(
            *workflow.config_settings.configfiles,
            arguments=workflow.config_settings.config_args,
        )
    else:
        CONFIGURATION = examine_values(config, Path.cwd())
    # Raises all mistakes at once: of the configuration, the manifest, masks and weights.
    PLAN = Plan(CONFIGURATION, weights_dir=WEIGHTS)
except LdctError as error:
    raise WorkflowError(
        f"{error}\n'ldct check' tries networks, losses and metrics too."
    ) from None

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


# Rules read their stages (ldct/stages): what goes in and out, what is compared, and the command.


def inputs_of(stage):
    """The files that a job of `stage` reads, by name."""

    def of_job(wildcards):
        return texts(stage.inputs(PLAN, stage.key.of(wildcards)))

    return of_job


def outputs_of(stage):
    """The files that a job of `stage` writes, by name, with wildcards."""
    paths = texts(stage.outputs())
    folders = stage.folders()
    return {
        name: directory(path) if name in folders else path
        for name, path in paths.items()
    }


def params_of(stage):
    """spec and code, which Snakemake compares, and sources, which it does not (a parameter that reads `input`)."""

    def spec(wildcards):
        return stage.spec(PLAN, stage.key.of(wildcards)).canonical()

    def code(wildcards):
        return code_digest(stage, PLAN, stage.key.of(wildcards))

    def sources(wildcards, input):
        return source_options(stage.sources(PLAN, stage.key.of(wildcards)), PREFIX)

    compared = {"spec": spec, "code": code}
    return compared | ({"sources": sources} if stage.Sources.model_fields else {})


def log_of(stage):
    return f"results/logs/{stage.file_name()}.log"


def benchmark_of(stage):
    return f"results/benchmarks/{stage.file_name()}.tsv"


def scaled(amount):
    """A resource that grows with each attempt."""

    def of_attempt(wildcards, attempt):
        return amount * attempt

    return of_attempt
