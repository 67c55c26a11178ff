"""Say why Snakemake plans its jobs; called by 'ldct why', with the options of snakemake."""

import ast
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(PROJECT)]

from snakemake.cli import main  # noqa: E402
from snakemake.workflow import Workflow  # noqa: E402

from ldct.study.why import Planned, report  # noqa: E402


def explain(workflow, detailed=False):
    """In place of the table of '--summary': the causes of the jobs that the same options would run."""
    workflow._prepare_dag(forceall=workflow.dag_settings.forceall, ignore_incomplete=False, lock_warn_only=True)
    workflow._build_dag()
    dag, records = workflow.dag, workflow.persistence
    running = set(dag.needrun_jobs())
    order = [job for level in dag.toposorted() for job in level if job in running and job.output]
    incomplete = {str(file) for file in dag.forcefiles}
    for line in report([planned(job, dag, records, running, incomplete) for job in order]):
        print(line)
    if not order:
        print("nothing to do: every result is of this configuration, code and data")


def planned(job, dag, records, running, incomplete):
    """The job as plain data, beside what is on record of its last run."""
    reason, output = dag.reason(job), job.output[0]
    inputs, before = {str(file) for file in job.input}, records.input(output)
    recorded = records.params(output)
    # Parameters that follow from the inputs are not compared.
    compared = {value for value in job.non_derived_params if isinstance(value, str)}
    return Planned(
        rule=job.rule.name,
        planned={name: value for name, value in job.params.items() if isinstance(value, str) and value in compared},
        recorded=None if recorded is None else [str(ast.literal_eval(value)) for value in recorded],
        updated=sorted(map(str, reason.updated_input - reason.updated_input_run)),
        added=[] if before is None else sorted(inputs - set(before)),
        removed=[] if before is None else sorted(set(before) - inputs),
        missing=sorted(map(str, reason.missing_output)),
        incomplete=sorted(incomplete & set(map(str, job.output))),
        upstream=sorted({other.rule.name for other in dag.dependencies[job] if other in running}),
        command=any(records.code_changed(job)),
        software=any(records.software_stack_changed(job)),
        forced=reason.forced,
    )


if __name__ == "__main__":
    Workflow.summary = explain
    main(["--summary", "--quiet", "rules", "progress", "host", *sys.argv[1:]])
