"""FIND: checks of the application, as Celery tasks over plain functions."""
