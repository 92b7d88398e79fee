"""The program mailsockctl and the routes it talks to."""
