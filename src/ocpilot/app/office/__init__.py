"""What people and programs of an operator use: the console, the API, web hooks, exports."""
