rule encoder:
    input:
        script=script("encoder.py"),
        patches=per_fold(patches_of_fold),
    output:
        "results/encoders/fold{fold}.safetensors",
    log:
        "results/logs/encoder/fold{fold}.log",
    benchmark:
        "results/benchmarks/encoder/fold{fold}.tsv"
    conda:
        "../envs/training.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(120),
    params:
        spec=per_fold(training_jobs.encoder_spec),
        code=code("ldct.training.encoder"),
    message:
        "CT autoencoder of fold {wildcards.fold}"
    shell:
        "python {input.script:q} --spec {params.spec:q} --patches {input.patches:q} --output {output:q}"
        " 2>&1 | tee {log:q}"


rule calibrate:
    input:
        script=script("calibrate.py"),
        patches=per_calibration(patches_of),
        weights=per_calibration(files(training_jobs.train_weights)),
        encoder=per_calibration(training_jobs.encoder_of),
    output:
        "results/calibration/{model}/{loss}/fold{fold}.parquet",
    log:
        "results/logs/calibrate/{model}/{loss}/fold{fold}.log",
    benchmark:
        "results/benchmarks/calibrate/{model}/{loss}/fold{fold}.tsv"
    conda:
        "../envs/training.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(60),
    params:
        spec=per_calibration(training_jobs.calibrate_spec),
        code=per_calibration(code_of(training_jobs.calibrate_code)),
    message:
        "Weights of {wildcards.loss} from its target shares, {wildcards.model}, fold {wildcards.fold}"
    shell:
        "python {input.script:q} --spec {params.spec:q} --patches {input.patches:q} --encoder {input.encoder:q}"
        " --output {output:q} 2>&1 | tee {log:q}"


rule search:
    input:
        script=script("search.py"),
        patches=per_calibration(patches_of),
        weights=per_calibration(files(training_jobs.train_weights)),
        calibration=per_calibration(training_jobs.calibration_of),
        encoder=per_calibration(training_jobs.encoder_of),
    output:
        "results/search/{model}/{loss}/fold{fold}.parquet",
    log:
        "results/logs/search/{model}/{loss}/fold{fold}.log",
    benchmark:
        "results/benchmarks/search/{model}/{loss}/fold{fold}.tsv"
    conda:
        "../envs/training.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(240),
    params:
        spec=per_calibration(training_jobs.search_spec),
        code=per_calibration(code_of(training_jobs.search_code)),
    message:
        "Learning rate of {wildcards.loss}, {wildcards.model}, fold {wildcards.fold}"
    shell:
        "python {input.script:q} --spec {params.spec:q} --patches {input.patches:q} --calibration {input.calibration:q}"
        " --encoder {input.encoder:q} --output {output:q} 2>&1 | tee {log:q}"


rule train:
    input:
        script=script("train.py"),
        patches=per_run(patches_of),
        weights=per_run(files(training_jobs.train_weights)),
        calibration=per_run(training_jobs.calibration_of),
        encoder=per_run(training_jobs.encoder_of),
        search=per_run(training_jobs.search_of),
    output:
        weights=f"results/models/{RUN}/weights.safetensors",
        history=f"results/models/{RUN}/history.parquet",
        run=f"results/models/{RUN}/run.json",
    log:
        f"results/logs/train/{RUN}.log",
    benchmark:
        f"results/benchmarks/train/{RUN}.tsv"
    conda:
        "../envs/training.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(720),
    params:
        spec=per_run(training_jobs.train_spec),
        code=per_run(code_of(training_jobs.train_code)),
    message:
        "Train {wildcards.model} with {wildcards.loss}, fold {wildcards.fold}, seed {wildcards.seed}"
    shell:
        "python {input.script:q} --spec {params.spec:q} --patches {input.patches:q} --calibration {input.calibration:q}"
        " --encoder {input.encoder:q} --search {input.search:q}"
        " --output $(dirname {output.run:q}) 2>&1 | tee {log:q}"


rule predict:
    input:
        script=script("predict.py"),
        run=f"results/models/{RUN}/run.json",
        weights=f"results/models/{RUN}/weights.safetensors",
        images=per_run(test_images),
    output:
        f"results/predictions/{RUN}.parquet",
    log:
        f"results/logs/predict/{RUN}.log",
    benchmark:
        f"results/benchmarks/predict/{RUN}.tsv"
    conda:
        "../envs/training.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(240),
    params:
        spec=per_run(training_jobs.predict_spec),
        code=per_run(code_of(training_jobs.predict_code)),
    message:
        "Denoise the test patients: {wildcards.model}, {wildcards.loss}, fold {wildcards.fold}, seed {wildcards.seed}"
    shell:
        "python {input.script:q} --spec {params.spec:q} --run $(dirname {input.run:q}) --images {input.images:q}"
        " --output {output:q} 2>&1 | tee {log:q}"
