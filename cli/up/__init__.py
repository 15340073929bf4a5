"""The launcher of `reconcilery up`: every service of one machine under one roof, started, watched and stopped."""
