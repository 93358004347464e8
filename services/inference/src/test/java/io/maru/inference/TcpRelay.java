package io.maru.inference;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;

/** Carries the bytes of one connection to a port and back, until it is closed: then it resets both ends, as a crash would. */
final class TcpRelay implements AutoCloseable {
    private final ServerSocket door = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    private final Socket server;
    private volatile Socket client;

    TcpRelay(int port) throws IOException {
        server = new Socket(InetAddress.getLoopbackAddress(), port);
        carry(this::accept);
    }

    int port() {
        return door.getLocalPort();
    }

    private void accept() throws IOException {
        client = door.accept();
        carry(() -> copy(server.getInputStream(), client.getOutputStream()));
        copy(client.getInputStream(), server.getOutputStream());
    }

    private static void copy(InputStream from, OutputStream to) throws IOException {
        byte[] buffer = new byte[1 << 13];
        for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
            to.write(buffer, 0, read);
        }
    }

    private static void carry(Carriage carriage) {
        Thread thread = new Thread(
                () -> {
                    try {
                        carriage.run();
                    } catch (SocketException e) {
                        // Closed: that is what it is for.
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                "tcp-relay");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        door.close();
        for (Socket socket : new Socket[] {server, client}) {
            if (socket != null && !socket.isClosed()) {
                socket.setSoLinger(true, 0);
                socket.close();
            }
        }
    }

    private interface Carriage {
        void run() throws IOException;
    }
}
