"""What kinds of things can be wrong."""

MISSING_OUTPUTS = "missing_outputs"
FINDING = "finding"
CHECKER_SILENT = "checker_silent"
#: The channel in the alert's labels cannot be told anything.
CHANNEL_BROKEN = "channel_broken"
#: A service that has promised signs of life gives none.
SERVICE_SILENT = "service_silent"

KINDS = (MISSING_OUTPUTS, FINDING, CHECKER_SILENT, CHANNEL_BROKEN, SERVICE_SILENT)
