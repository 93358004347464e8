package io.maru.bench;

import io.maru.platform.store.ObjectStore;
import io.maru.platform.testkit.Servers;

/** The real object store of the test kit, in a process of its own. */
final class Stores {
    private Stores() {}

    static ObjectStore running() {
        Servers servers = Servers.running();
        ObjectStore store =
                ObjectStore.at(servers.s3(), servers.s3AccessKey(), servers.s3SecretKey(), servers.s3Bucket());
        store.createBucketIfAbsent();
        return store;
    }
}
