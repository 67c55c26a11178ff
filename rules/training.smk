# In:  patches of the other folds, images of the patients tested in a fold, pretrained weights
# Out: results/encoders, results/calibration, results/search, results/models, results/predictions

from ldct.stages.calibrate import Calibrate
from ldct.stages.encoder import Encoder
from ldct.stages.predict import Predict
from ldct.stages.search import Search
from ldct.stages.train import Train


rule encoder:
    input:
        unpack(inputs_of(Encoder)),
    output:
        **outputs_of(Encoder),
    log:
        log_of(Encoder),
    benchmark:
        benchmark_of(Encoder)
    conda:
        "../envs/training.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(120),
    params:
        **params_of(Encoder),
    message:
        "CT autoencoder of fold {wildcards.fold}"
    shell:
        command(Encoder)


rule calibrate:
    input:
        unpack(inputs_of(Calibrate)),
    output:
        **outputs_of(Calibrate),
    log:
        log_of(Calibrate),
    benchmark:
        benchmark_of(Calibrate)
    conda:
        "../envs/training.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(60),
    params:
        **params_of(Calibrate),
    message:
        "Weights of {wildcards.loss} from its target shares, {wildcards.model}, fold {wildcards.fold}"
    shell:
        command(Calibrate)


rule search:
    input:
        unpack(inputs_of(Search)),
    output:
        **outputs_of(Search),
    log:
        log_of(Search),
    benchmark:
        benchmark_of(Search)
    conda:
        "../envs/training.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(240),
    params:
        **params_of(Search),
    message:
        "Learning rate of {wildcards.loss}, {wildcards.model}, fold {wildcards.fold}"
    shell:
        command(Search)


rule train:
    input:
        unpack(inputs_of(Train)),
    output:
        **outputs_of(Train),
    log:
        log_of(Train),
    benchmark:
        benchmark_of(Train)
    conda:
        "../envs/training.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(720),
    params:
        **params_of(Train),
    message:
        "Train {wildcards.model} with {wildcards.loss}, fold {wildcards.fold}, seed {wildcards.seed}"
    shell:
        command(Train)


rule predict:
    input:
        unpack(inputs_of(Predict)),
    output:
        **outputs_of(Predict),
    log:
        log_of(Predict),
    benchmark:
        benchmark_of(Predict)
    conda:
        "../envs/training.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(240),
    params:
        **params_of(Predict),
    message:
        "Denoise the test patients: {wildcards.model}, {wildcards.loss}, fold {wildcards.fold}, seed {wildcards.seed}"
    shell:
        command(Predict)
