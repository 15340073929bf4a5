"""The words that all rooms share: model, rules, mapping, the definition of a gap, ledger, settings, records."""
