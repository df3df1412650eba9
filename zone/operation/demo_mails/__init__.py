"""The mails that the demo has sent, to read them: its receiver stores each as a file."""
