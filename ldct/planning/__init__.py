"""How large a study has to be: power over patients, folds and seeds."""
