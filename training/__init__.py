"""Parts of the train script that deserve tests of their own."""
