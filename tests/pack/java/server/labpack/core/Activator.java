package labpack.core;

import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** Starts the server manager in a thread of its own, so that the framework can finish its own start. */
public final class Activator implements BundleActivator {
    @Override
    public void start(BundleContext context) {
        Thread t = new Thread(new CarbonServerManager(context), "CarbonServerManager");
        t.start();
    }

    @Override
    public void stop(BundleContext context) {
    }
}
