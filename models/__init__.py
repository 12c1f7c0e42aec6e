"""Tables, queries and migrations: the only place that knows SQL.

Sits below the services and knows nothing of HTTP, WebSocket or the rules of the chat.
"""
