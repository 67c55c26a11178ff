"""Image-quality metrics: their registry, definitions, and the stages that apply them to a study."""
