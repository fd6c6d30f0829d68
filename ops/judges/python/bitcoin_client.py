"""bdkpython on an Esplora server. Arguments: its URL, a confirmed and a waiting payment, the address of both."""

import sys

import bdkpython as bdk
from verdicts import judge

URL, CONFIRMED, WAITING, ADDRESS = sys.argv[1:]
CLIENT = bdk.EsploraClient(URL)


def expect(got, wanted):
    if got != wanted:
        raise ValueError(f"{got}, {wanted} was expected")


def tip():
    height = CLIENT.get_height()
    expect(str(CLIENT.get_block_hash(height)), str(CLIENT.get_tip_hash()))


def confirmed_status():
    status = CLIENT.get_tx_status(bdk.Txid.from_string(CONFIRMED))
    expect(status.confirmed, True)
    expect(str(CLIENT.get_block_hash(status.block_height)), str(status.block_hash))


def waiting_status():
    expect(CLIENT.get_tx_status(bdk.Txid.from_string(WAITING)).confirmed, False)


def info():
    found = CLIENT.get_tx_info(bdk.Txid.from_string(CONFIRMED))
    expect(str(found.txid), CONFIRMED)
    expect((found.fee, found.status.confirmed), (300, True))


def output():
    expect(CLIENT.get_output_status(bdk.Txid.from_string(CONFIRMED), 0).spent, False)


def address_txs():
    address = bdk.Address(ADDRESS, bdk.Network.BITCOIN)
    expect({str(each.txid) for each in CLIENT.get_address_txs(address, None)}, {CONFIRMED, WAITING})


def unknown():
    expect(CLIENT.get_tx_info(bdk.Txid.from_string("00" * 32)), None)


judge("the tip by height and hash", tip)
judge("a confirmed payment and its block", confirmed_status)
judge("a payment that waits", waiting_status)
judge("a transaction with its fee and status", info)
judge("an output that is not spent", output)
judge("transactions of an address, waiting ones included", address_txs)
judge("an unknown transaction is none", unknown)
