package io.maru.embedded;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.gaul.s3proxy.BlobStores;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;

/** An S3 store over a directory: a bucket is a folder, an object a file. */
final class S3Server implements EmbeddedServer {
    static final String ACCESS_KEY = "maru";
    static final String BUCKET = "maru";
    private static final int THREADS = 32;

    private final Path home;
    private final int port;
    private final String secretKey;
    private volatile S3Proxy proxy;

    S3Server(Path home, int port, String secretKey) {
        this.home = home;
        this.port = port;
        this.secretKey = secretKey;
    }

    String endpoint() {
        return "http://127.0.0.1:" + port;
    }

    @Override
    public void start() throws Exception {
        Files.createDirectories(home);
        Properties properties = new Properties();
        properties.setProperty("jclouds.filesystem.basedir", home.toString());
        BlobStore store = BlobStores.create("filesystem", properties);
        if (!store.containerExists(BUCKET)) {
            store.createContainer(BUCKET);
        }
        proxy = S3Proxy.builder()
                .blobStore(store)
                .endpoint(URI.create(endpoint()))
                .awsAuthentication(AuthenticationType.AWS_V4, ACCESS_KEY, secretKey)
                .jettyMaxThreads(THREADS)
                .build();
        proxy.start();
    }

    @Override
    public void close() throws Exception {
        if (proxy != null) {
            proxy.stop();
        }
    }
}
