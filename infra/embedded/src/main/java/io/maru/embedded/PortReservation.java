package io.maru.embedded;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;

/** Holds ports of the loopback interface until all are chosen, so that no two servers are given the same one. */
final class PortReservation implements AutoCloseable {
    private final List<ServerSocket> sockets = new ArrayList<>();

    /**
     * Returns {@code port}, or a free one for 0.
     *
     * @throws StartException if somebody listens there; the message names the option that changes it
     */
    int reserve(String server, int port) throws IOException {
        ServerSocket socket = new ServerSocket();
        sockets.add(socket);
        // A port whose last connections linger in TIME_WAIT is free: all three servers bind with this option too.
        socket.setReuseAddress(true);
        try {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        } catch (BindException e) {
            throw new StartException(
                    server + " port " + port + ": already in use (expected: a free port; set --" + server + "-port)",
                    e);
        }
        return socket.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        for (ServerSocket socket : sockets) {
            socket.close();
        }
    }
}
