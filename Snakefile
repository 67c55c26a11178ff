from snakemake.utils import min_version

min_version("9.20")


include: "rules/common.smk"
include: "rules/check.smk"
include: "rules/raw.smk"
include: "rules/cohort.smk"
include: "rules/training.smk"
include: "rules/lesions.smk"
include: "rules/metrics.smk"
include: "rules/export.smk"
include: "rules/consistency.smk"
include: "rules/readers.smk"
include: "rules/report.smk"


# No job starts beside the check, on clusters too, where Snakemake counts no cores.
workflow.register_resource("shares", SHARES)
for rule_of_study in workflow.rules:
    if "shares" not in rule_of_study.resources:
        rule_of_study.resources["shares"] = 1


onstart:
    if MISSING:
        raise WorkflowError(f"Nothing was started and nothing is lost. {MISSING}")
    if CLAIM:
        CLAIM.start()
    record_code(Path("results/.code"))


rule all:
    default_target: True
    input:
        "results/report/report.html",
        "results/provenance.json",
        [str(path) for path in configured_series(PLAN)],
