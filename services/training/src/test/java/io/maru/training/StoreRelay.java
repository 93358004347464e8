package io.maru.training;

import io.maru.platform.testkit.Servers;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/** Stands between the service and the object store, and plays its absence: connections break, and new ones too. */
public final class StoreRelay implements QuarkusTestResourceLifecycleManager {
    private final AtomicBoolean away = new AtomicBoolean();
    private ServerSocket door;

    /** On a field that is true while the object store is to be away. */
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.FIELD)
    @interface Away {}

    /** After the resource that points at the store itself. */
    @Override
    public int order() {
        return 1;
    }

    @Override
    public Map<String, String> start() {
        try {
            door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        carry(this::accept);
        return Map.of("maru.object-store.endpoint", "http://127.0.0.1:" + door.getLocalPort());
    }

    @Override
    public void inject(TestInjector injector) {
        injector.injectIntoFields(away, new TestInjector.AnnotatedAndMatchesType(Away.class, AtomicBoolean.class));
    }

    private void accept() throws IOException {
        int port = URI.create(Servers.running().s3()).getPort();
        while (true) {
            Socket client = door.accept();
            if (away.get()) {
                reset(client);
                continue;
            }
            Socket server = new Socket(InetAddress.getLoopbackAddress(), port);
            carry(() -> copy(client, server));
            carry(() -> copy(server, client));
        }
    }

    private void copy(Socket from, Socket to) throws IOException {
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] buffer = new byte[1 << 13];
            for (int read = in.read(buffer); read >= 0 && !away.get(); read = in.read(buffer)) {
                out.write(buffer, 0, read);
            }
        } finally {
            reset(from);
            reset(to);
        }
    }

    private static void reset(Socket socket) throws IOException {
        if (!socket.isClosed()) {
            socket.setSoLinger(true, 0);
            socket.close();
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
                "store-relay");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void stop() {
        try {
            door.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private interface Carriage {
        void run() throws IOException;
    }
}
