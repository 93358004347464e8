package io.maru.platform.wiring;

import io.maru.platform.store.ObjectStore;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Not ready while the object store does not answer: every service reads or writes it. */
@Readiness
@ApplicationScoped
class ObjectStoreHealth implements HealthCheck {
    private final ObjectStore store;

    ObjectStoreHealth(ObjectStore store) {
        this.store = store;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("object store")
                .status(store.isReachable())
                .build();
    }
}
