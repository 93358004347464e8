package io.maru.checkpoint;

import io.maru.platform.testkit.EmbeddedServersResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;

/** What every test of the whole service has around it: Quarkus finds it here, and one application serves them all. */
@QuarkusTestResource(
        value = EmbeddedServersResource.class,
        initArgs = @ResourceArg(name = "schema", value = "checkpoint"))
@QuarkusTestResource(FakeTokenization.class)
final class Surroundings {
    private Surroundings() {}
}
