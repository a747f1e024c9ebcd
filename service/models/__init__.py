"""Who can be asked: runners, built-in models, directories and the Foundry catalog."""
