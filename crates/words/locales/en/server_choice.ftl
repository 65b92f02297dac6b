### Connecting to another server.

server_choice_window = Connect to another server
server_choice_address = Host name or IP address
server_choice_port = Port
server_choice_connect = Connect
server_choice_cancel = Cancel
server_choice_meaning = This computer then takes its settings and commands from that server. What you allowed for the present one is kept.
server_choice_pinned = This computer is set up for { $server } by its administrator, so another server cannot be chosen. Ask your IT department.
server_choice_empty = Enter the host name or the IP address of the server.
server_choice_url = “{ $text }” is a web address. Enter the host name alone, such as management.example.com.
server_choice_invalid_name = “{ $text }” is neither a host name nor an IP address. Check the spelling.
server_choice_invalid_port = “{ $text }” is not a port. Enter a number from 1 to 65535.
