# In:  images, predictions, pretrained weights; values of the model observers
# Out: results/metrics, results/validity

from ldct.stages.catalogue import Catalogue
from ldct.stages.collect_metrics import CollectMetrics
from ldct.stages.curves import Curves
from ldct.stages.evaluate import Evaluate
from ldct.stages.fit_niqe_ct import FitNiqeCt
from ldct.stages.validity import Validity


rule fit_niqe_ct:
    input:
        unpack(inputs_of(FitNiqeCt)),
    output:
        **outputs_of(FitNiqeCt),
    log:
        log_of(FitNiqeCt),
    benchmark:
        benchmark_of(FitNiqeCt)
    conda:
        "../envs/metrics.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(60),
    params:
        **params_of(FitNiqeCt),
    message:
        "NIQE refitted on the full-dose training slices of fold {wildcards.fold}"
    shell:
        command(FitNiqeCt)


rule catalogue:
    input:
        unpack(inputs_of(Catalogue)),
    output:
        **outputs_of(Catalogue),
    log:
        log_of(Catalogue),
    benchmark:
        benchmark_of(Catalogue)
    conda:
        "../envs/metrics.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        **params_of(Catalogue),
    message:
        "Catalogue of the metrics"
    shell:
        command(Catalogue)


rule validity:
    input:
        unpack(inputs_of(Validity)),
    output:
        **outputs_of(Validity),
    log:
        log_of(Validity),
    benchmark:
        benchmark_of(Validity)
    conda:
        "../envs/metrics.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(120),
    params:
        **params_of(Validity),
    message:
        "Validity of the metrics: graded degradations of full-dose images"
    shell:
        command(Validity)


rule evaluate:
    input:
        unpack(inputs_of(Evaluate)),
    output:
        **outputs_of(Evaluate),
    log:
        log_of(Evaluate),
    benchmark:
        benchmark_of(Evaluate)
    conda:
        "../envs/metrics.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(240),
    params:
        **params_of(Evaluate),
    message:
        "Metrics of all runs, fold {wildcards.fold}, shard {wildcards.shard}"
    shell:
        command(Evaluate)


rule curves:
    input:
        unpack(inputs_of(Curves)),
    output:
        **outputs_of(Curves),
    log:
        log_of(Curves),
    benchmark:
        benchmark_of(Curves)
    conda:
        "../envs/metrics.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(120),
    params:
        **params_of(Curves),
    message:
        "Noise power spectra and transfer functions, fold {wildcards.fold}"
    shell:
        command(Curves)


rule collect_metrics:
    input:
        unpack(inputs_of(CollectMetrics)),
    output:
        **outputs_of(CollectMetrics),
    log:
        log_of(CollectMetrics),
    benchmark:
        benchmark_of(CollectMetrics)
    conda:
        "../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=8000,
        runtime=30,
    params:
        **params_of(CollectMetrics),
    message:
        "One table of all metric values"
    shell:
        command(CollectMetrics)
