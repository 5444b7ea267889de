"""Which tables gave a verdict: every report that states one names this."""

RULE_SET = "2026.4"
"""Changes with every change of a rule, a chart, a bridge or a record of terms."""
