package io.maru.bench;

import io.maru.platform.store.ObjectStore;
import io.maru.platform.testkit.Servers;
import io.minio.MinioClient;

/** The real object store of the test kit, in a process of its own. */
final class Stores {
    private Stores() {}

    static ObjectStore running() {
        Servers servers = Servers.running();
        ObjectStore store = new ObjectStore(
                MinioClient.builder()
                        .endpoint(servers.s3())
                        .credentials(servers.s3AccessKey(), servers.s3SecretKey())
                        .region("us-east-1")
                        .build(),
                servers.s3Bucket());
        store.createBucketIfAbsent();
        return store;
    }
}
