package io.maru.tokenization;

import io.maru.platform.store.ObjectStore;
import io.maru.platform.testkit.Servers;

/** The object store of the test's servers, for tests that run outside of Quarkus. */
final class Store {
    private Store() {}

    static ObjectStore objects() {
        Servers servers = Servers.running();
        return ObjectStore.at(servers.s3(), servers.s3AccessKey(), servers.s3SecretKey(), servers.s3Bucket());
    }
}
