"""The HTTP API: the catalog, the saved lists and the state of a warehouse as JSON and files.

app         the ASGI application, of figure_routes, warehouse_routes and list_routes
queries     the parameters of requests
service     what all routes share
problems    errors
answers     run a query for a caller, and return its result as JSON or a file
access      who may call it: users with a token, or everyone on this machine
tokens      the file of tokens
rate_limit  how many requests a token may make
serve       the server of the API alone
settings    the section [api] of `regulars.toml`
"""
