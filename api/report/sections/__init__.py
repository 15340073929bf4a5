"""The sections of a report, each made of the report's values, its pictures and a language."""
