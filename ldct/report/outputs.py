"""What the report writes beside the page, by name; light enough to be read when the workflow is parsed."""

from __future__ import annotations

# Tables of results/consistency written as CSV to results/report/tables, with a caption.
TABLES: dict[str, str] = {
    "hypotheses": "The paper's claims as hypotheses: effect, interval and verdict, patients and trainings random.",
    "loss_values": "Mean of every metric by loss, with patient-bootstrap intervals and the gain over the low dose.",
    "agreement": "Agreement of the metrics on the order of the losses (Kendall's W), a vote a metric.",
    "tau": "Kendall's tau-b between every two metrics.",
    "best_loss": "The best loss by each metric, and whether another may be as good.",
    "friedman": "Whether the losses differ by each metric; Friedman's test beside it takes the networks as given.",
    "contrasts": "Each loss against the reference: difference, interval and verdict, patients and trainings random.",
    "trajectory_summary": "How each metric moves with the validation loss during training.",
}

# Pictures written to results/report/figures.
FIGURES: dict[str, str] = {
    "panels": "Low dose, each loss, full dose, and what each differs from full dose.",
}
