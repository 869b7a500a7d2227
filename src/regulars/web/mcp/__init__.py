"""The MCP server: agents query the catalog of a warehouse by name, and change nothing.

tools    what an agent can call and read
asker    who asks, and how their questions are answered
stdio    the server of a single agent on this machine
http     the server beside the API, at /mcp
"""
