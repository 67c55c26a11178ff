"""Image-quality metrics: their declarations, definitions, and the stages that apply them to a study."""
