"""Documents for regulators: what the record fills, what a person has to confirm or to say, and what is missing."""
