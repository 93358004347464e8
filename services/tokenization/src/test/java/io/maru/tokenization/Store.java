package io.maru.tokenization;

import io.maru.platform.store.ObjectStore;
import io.maru.platform.testkit.Servers;
import io.minio.MinioClient;

/** The object store of the test's servers, for tests that run outside of Quarkus. */
final class Store {
    private Store() {}

    static ObjectStore objects() {
        Servers servers = Servers.running();
        MinioClient client = MinioClient.builder()
                .endpoint(servers.s3())
                .credentials(servers.s3AccessKey(), servers.s3SecretKey())
                .region("us-east-1")
                .build();
        return new ObjectStore(client, servers.s3Bucket());
    }
}
