"""What can be asked: rubrics, prompt sets, selection profiles and licence terms, from files, checked."""
